       01  FLOATS.
           05  F-1                COMP-1.
           05  F-2                COMP-2.
           05  F-3                USAGE IS COMPUTATIONAL-1.
