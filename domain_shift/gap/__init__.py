"""Gap: can a classifier tell two sets of clips apart, how well, and by what?"""
