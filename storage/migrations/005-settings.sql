-- What a server has set, and what it has published.

-- One row a server that has set something.
CREATE TABLE settings (
  guild_id          TEXT    PRIMARY KEY,
  hub_token         TEXT,                          -- encrypted under FINETUNE_SECRET, src/hub/secret.ts
  hub_account       TEXT,                          -- whose token it was when it was set
  publish_role      TEXT,                          -- Discord role id; null: who started a run, and who manages the server
  publish_approvals INTEGER NOT NULL DEFAULT 0,
  publish_private   INTEGER NOT NULL DEFAULT 1     -- of new repositories
) STRICT, WITHOUT ROWID;

-- Who changed what: the audit.
CREATE TABLE settings_changes (
  id         INTEGER PRIMARY KEY,
  guild_id   TEXT NOT NULL,
  setting    TEXT NOT NULL,                        -- a column of settings
  from_value TEXT,                                 -- of hub_token: the account's name, never the token
  to_value   TEXT,
  actor      TEXT NOT NULL,                        -- Discord user id
  at         TEXT NOT NULL
) STRICT;

CREATE INDEX settings_changes_by_guild ON settings_changes (guild_id, id);

-- One row a draft of a publication. Who did what to it is in `changes`, under its run.
CREATE TABLE publishes (
  id               INTEGER PRIMARY KEY,
  run_id           INTEGER NOT NULL REFERENCES runs (id),
  state            TEXT    NOT NULL,               -- storage/publishes.ts
  repository       TEXT    NOT NULL,               -- account/name
  private          INTEGER NOT NULL,               -- if it has to be created
  account          TEXT    NOT NULL,               -- whose token was asked, and what it lacks
  problem          TEXT,
  files            TEXT    NOT NULL,               -- JSON: [{ path, size }] of model/
  approvals_needed INTEGER NOT NULL,
  requested_by     TEXT    NOT NULL,               -- Discord user id
  outcome          TEXT,                           -- created, updated or unchanged
  url              TEXT,
  commit_id        TEXT,
  error            TEXT,
  remedy           TEXT,
  created_at       TEXT    NOT NULL,
  started_at       TEXT,
  ended_at         TEXT
) STRICT;

CREATE INDEX publishes_by_run ON publishes (run_id, id);

CREATE TABLE approvals (
  publish_id INTEGER NOT NULL REFERENCES publishes (id),
  person     TEXT    NOT NULL,                     -- Discord user id
  at         TEXT    NOT NULL,
  PRIMARY KEY (publish_id, person)
) STRICT, WITHOUT ROWID;
