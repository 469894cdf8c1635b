       01  LENGTHS.
           05  L-1                PIC X.
           05  L-X9               PIC XX9(3)A(2).
           05  L-NUM              PIC 999V9.
           05  L-JUST             PIC X(6) JUSTIFIED RIGHT.
           05  L-BLANK            PIC 9(3) BLANK WHEN ZERO.
