-- The record: one row a run, what happened to it, and what was said about it.

CREATE TABLE runs (
  id            INTEGER PRIMARY KEY,            -- the number people use: #42
  state         TEXT    NOT NULL,
  spec          TEXT    NOT NULL,               -- JSON, src/run/spec.ts
  host          TEXT    NOT NULL,
  launch        TEXT    UNIQUE,                 -- set once, when the engine is asked to start
  folder        TEXT,                           -- absolute, on the host
  guild_id      TEXT    NOT NULL,
  channel_id    TEXT    NOT NULL,
  thread_id     TEXT,
  created_by    TEXT    NOT NULL,               -- Discord user id
  parent_id     INTEGER REFERENCES runs (id),   -- the run that this one repeats or mends
  events_offset INTEGER NOT NULL DEFAULT 0,     -- bytes of events.jsonl that are stored
  ending        TEXT,                           -- JSON, src/run/ending.ts
  created_at    TEXT    NOT NULL,
  started_at    TEXT,
  ended_at      TEXT
) STRICT;

CREATE INDEX runs_by_state ON runs (state);
CREATE INDEX runs_by_guild ON runs (guild_id, id DESC);

-- Every change of state or spec, by whom: the audit.
CREATE TABLE changes (
  id         INTEGER PRIMARY KEY,
  run_id     INTEGER NOT NULL REFERENCES runs (id),
  actor      TEXT    NOT NULL,                  -- Discord user id, 'engine', 'supervisor' or 'bot'
  from_state TEXT,
  to_state   TEXT    NOT NULL,
  reason     TEXT,
  at         TEXT    NOT NULL
) STRICT;

CREATE INDEX changes_by_run ON changes (run_id, id);

-- What the engine said, line by line.
CREATE TABLE events (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  seq    INTEGER NOT NULL,
  type   TEXT    NOT NULL,
  at     TEXT    NOT NULL,
  body   TEXT    NOT NULL,                      -- the line as it was read
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- What the bot said. `key` names the thing that is said once: 'channel', 'status', 'eval:125', 'result', …
CREATE TABLE messages (
  run_id     INTEGER NOT NULL REFERENCES runs (id),
  key        TEXT    NOT NULL,
  channel_id TEXT    NOT NULL,
  message_id TEXT,                              -- null between "about to send" and "sent"
  nonce      TEXT    NOT NULL,
  at         TEXT    NOT NULL,
  PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;
