-- What was said about error texts here, what people tried about them, and what they taught.

-- One row a failed run, and one each time that a person asked about a text. Of the text itself only one line is kept.
CREATE TABLE answers (
  id        INTEGER PRIMARY KEY,
  guild_id  TEXT NOT NULL,
  run_id    INTEGER UNIQUE REFERENCES runs (id), -- null for a text that a person brought
  text_hash TEXT NOT NULL,                       -- SHA-256 of the redacted text
  code      TEXT,                                -- FT-… of the catalogue, HERE-… of `taught`; null: not known
  line      TEXT NOT NULL,                       -- the evidence, or what looks most like the error; redacted
  asked_by  TEXT NOT NULL,                       -- Discord user id, or 'bot'
  at        TEXT NOT NULL
) STRICT;

CREATE INDEX answers_by_code ON answers (guild_id, code);
CREATE INDEX answers_by_text ON answers (guild_id, text_hash);

-- A fix of a failure card that somebody applied, and the run that came of it. Whether it worked is the child's state.
CREATE TABLE fixes (
  child_id INTEGER PRIMARY KEY REFERENCES runs (id),
  run_id   INTEGER NOT NULL REFERENCES runs (id), -- the run that failed
  code     TEXT    NOT NULL,
  fix      TEXT    NOT NULL,                      -- the arguments that it changes, in alphabetical order
  change   TEXT    NOT NULL,                      -- JSON: argument → new value
  diff     TEXT    NOT NULL,                      -- as it was shown: name old → new
  actor    TEXT    NOT NULL,
  at       TEXT    NOT NULL,
  UNIQUE (run_id, change)
) STRICT;

CREATE INDEX fixes_by_code ON fixes (code, fix);

-- Who said that an answer is wrong.
CREATE TABLE objections (
  answer_id INTEGER NOT NULL REFERENCES answers (id),
  person    TEXT    NOT NULL,
  at        TEXT    NOT NULL,
  PRIMARY KEY (answer_id, person)
) STRICT, WITHOUT ROWID;

-- Causes that a server taught. Forgetting keeps the row: it can be taken back, and old answers still have a name.
CREATE TABLE taught (
  id           INTEGER PRIMARY KEY,               -- HERE-<id>
  guild_id     TEXT NOT NULL,
  title        TEXT NOT NULL,
  line         TEXT NOT NULL,                     -- what identifies it, to the letter
  why          TEXT NOT NULL,
  remedy       TEXT NOT NULL,
  taught_by    TEXT NOT NULL,
  taught_at    TEXT NOT NULL,
  forgotten_by TEXT,
  forgotten_at TEXT
) STRICT;

CREATE INDEX taught_by_guild ON taught (guild_id);
