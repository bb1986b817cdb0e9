"""Monthly forms as Excel files: written for a department, read back, put into the database.

`sheet` says what stands where, once for both ways; `writing` makes the file, `layout` tells what of
it was changed, `reading` checks a filled one, `publishing` writes its figures. Which forms
there are: `dashboard.reporting_forms`.
"""
