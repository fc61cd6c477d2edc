"""How good a model is: figures of its scores on labelled pictures, with intervals, in tables, pictures and a report.

Nothing here judges a picture: the scores come as plain data (`scored.ModelScores`).
"""
