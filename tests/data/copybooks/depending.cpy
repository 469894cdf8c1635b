       01  DEPENDING-X.
           05  HOW-MANY           PIC 9(2).
           05  PART-X OCCURS 1 TO 5 TIMES DEPENDING ON HOW-MANY.
               10  PART-CODE      PIC X(4).
