"""`cockpit sync`: other databases polled for what is new, corrected or deleted.

`plan` is the file that says what is polled, `scale` the column that tells how far, `polled_rows` a
source's answer as the import street takes it, `street` what a poll adds to the street of its kind,
`deleting` the rows that went, `watermarks` what is noted of each poll, `polling` one poll from
question to commit, `running` the rounds and their pauses. What rows mean, their checks and their
publication are those of every import (`data_access.imports`).
"""
