-- Who asked a live run to stop, and how: 'save' or 'now'. The last one who asked.

ALTER TABLE runs ADD COLUMN stop_by TEXT;
ALTER TABLE runs ADD COLUMN stop_how TEXT;
