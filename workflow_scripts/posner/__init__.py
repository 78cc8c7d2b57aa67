"""posner: do part-of-speech tags still help named entity recognition, and do tagging errors reach it?"""
