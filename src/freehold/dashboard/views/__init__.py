"""View models: what each template needs, as frozen records, split by noun.

They are the contract between templates and pages: a page's handler fills one, a template shows it.
They hold values that are ready to be read (times as UTC datetimes, counts as integers) and no
behaviour beyond their own arithmetic. None of them may be handed a secret that is not to be shown.
"""
