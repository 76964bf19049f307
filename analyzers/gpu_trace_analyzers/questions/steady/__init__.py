"""Which part of a recording is steady: without the warm-up that every run begins with?"""
