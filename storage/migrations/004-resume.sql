-- The folder of the run that this one goes on from: run.json's resume_from_checkpoint. Null: from the start.

ALTER TABLE runs ADD COLUMN resume_from TEXT;
