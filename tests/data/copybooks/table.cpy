       01  TABLE-REC.
           05  COUNTER            PIC 9(2).
           05  ITEM OCCURS 4 TIMES INDEXED BY IX.
               10  CODE-X         PIC X(3).
               10  PRICE          PIC S9(5)V99 COMP-3.
           05  TOTAL              PIC S9(7)V99 COMP-3.
