"""Collections of what lies in memory: arrays, tensors, columns and frames of other libraries.

No library is imported for its own objects: each is known by what it can do.
"""
