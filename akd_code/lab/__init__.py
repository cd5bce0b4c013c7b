"""The lab: a small closed world of Python tasks in which every part of the method can run offline and be measured.

`grammar` makes the tasks, `teacher` and `server` answer the project's real prompts from it, `student` builds the base
student, `suite` holds the held-out tasks. A lab figure is never a benchmark figure.
"""
