#!/usr/bin/env python3
"""Writes the evaluation sets {spam,imdb,rt}_{train,test}.jsonl, 2000 and 500 rows {text, label} each:

    evaldata.py DATA ACLIMDB RT_GIT_DIR

DATA/emails.jsonl is what emails.ts wrote; ACLIMDB is the folder of the IMDb review files; RT_GIT_DIR a git directory
that holds data/rt-polaritydata (sentence polarity, Pang & Lee 2005). Only the mails come with the project.
"""
import json, random, subprocess, sys
from pathlib import Path
D, ACLIMDB, G = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def write(name, rows): (D / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows)); print(name, len(rows), sum(r["label"] for r in rows))
mail = [json.loads(l) for l in open(D / "emails.jsonl")]          # already in the order of their digests
def pick(split, spam, ham):
    s = [r for r in mail if r["split"] == split and r["label"] == 1][:spam]
    h = [r for r in mail if r["split"] == split and r["label"] == 0][:ham]
    return sorted(s + h, key=lambda r: r["id"].split(".")[1])
write("spam_train", pick("train", 800, 1200)); write("spam_test", pick("test", 200, 300))
write("spam_pool", [r for r in mail if r["split"] == "test"])     # everything of the test pool stays out of pretraining
rng = random.Random(42)
def imdb(split, n):
    files = sorted((ACLIMDB / split).glob("*/*.txt")); rng.shuffle(files)
    return [dict(text=f.read_text().replace("<br />", " "), label=int(f.parent.name == "pos")) for f in files[:n]]
write("imdb_train", imdb("train", 2000)); write("imdb_test", imdb("test", 500))
rt = [dict(text=l.strip(), label=lab) for name, lab in (("pos", 1), ("neg", 0)) for l in subprocess.run(["git", f"--git-dir={G}", "show", f"HEAD:data/rt-polaritydata/rt-polarity.{name}"], capture_output=True).stdout.decode("latin-1").splitlines() if l.strip()]
rng.shuffle(rt)
write("rt_train", rt[:2000]); write("rt_test", rt[2000:2500]); write("rt_all", rt)
