       01  FILLERS.
           05  FILLER             PIC X(5).
           05  A                  PIC X(2).
           05                     PIC X(3).
           05  FILLER.
               10  B              PIC 9(2).
               10  FILLER         PIC X.
           05  C                  PIC X.
           05  FILLER             PIC X(10).
