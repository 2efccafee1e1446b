"""Small changes to the decisive modules, one at a time, each on a copy of the tree: does a test notice?

`python -m tests.mutants --seed N --count N`. A change that nobody notices is a test that is missing, or a change that makes
no difference: those are listed in harmless.txt, each with its reason.
"""
