"""Records to text and to plain data. Pure: nothing here reads a repository, a clock or a terminal.

What people read is made of styled lines (`text`); who writes them decides whether styles become colours.
"""
