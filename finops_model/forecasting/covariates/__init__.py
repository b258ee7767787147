"""What people know of the days ahead: events, drivers, holidays, caps, overrides. From words to arrays to numbers:

words     a workspace's document (file.py is its schema, entries.py reads an entry, words.py says it) or arguments of `fm.forecast`
arrays    `applied.Covariates` of a series: workspace.py makes them of the document (`of_workloads`; drivers.py, overrides.py), series.py of
          arguments; events.py, days_off.py and timeline.py are what they are made of
applied   `applied.apply_covariates` takes them out of a history and lays them over its forecast: the only place that does

for_methods.py is what a method is given that takes covariates itself.
"""
