       01  NATIVE-REC.
           05  N-4                PIC S9(4) COMP-5.
           05  N-9                PIC S9(9) COMP-5.
           05  N-18               PIC S9(18) COMP-5.
           05  N-U9               PIC 9(9) COMPUTATIONAL-5.
