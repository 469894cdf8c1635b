       01  BINARY-ALL.
           05  B-4                PIC S9(4) COMP.
           05  B-9                PIC S9(9) BINARY.
           05  B-18               PIC S9(18) COMP-4.
           05  B-U4               PIC 9(4) COMP.
           05  B-U9V2             PIC 9(7)V99 COMP.
           05  B-2                PIC S9(2) COMP.
