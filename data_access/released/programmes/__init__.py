"""What everybody may know of a programme: its totals by quarter and year, counted once by a load and never changed afterwards.

A row of table `programme_total` is a number of cases by `measure`, split one way or not at all (`split`, `key`):

| measure | counts | split by |
|---|---|---|
| opened | cases opened in the period | request_type; of a year also area |
| closed | cases closed in it, not opened again since | outcome; state: extended, not_extended |
| carried | cases open when the quarter began | |
| in_hand | cases open at some time in the quarter | |
| open | cases open at its end | state: in_time, overdue, no_promise; stage |
| due | cases whose promise fell due in it | state: kept, missed |
| reached | stays in a stage that began in it | stage |
| was_in, stayed, left | stays in a stage: at its beginning, at some time in it, ended in it | stage |
| stage_due, stage_kept, stage_missed | stays whose promise fell due in it | stage |
| median, p90 | days until half, nine of ten of the cases opened in it were closed | |
| stage_median, stage_p90 | days until half, nine of ten of the stays begun in it ended | stage |
"""
