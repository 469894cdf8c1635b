       01  MATRIX.
           05  ROW-X OCCURS 3.
               10  CELL           PIC S9(3) OCCURS 2 TIMES.
               10  MARK           PIC X.
