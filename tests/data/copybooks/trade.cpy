       01  TRADE.
           05  COMMODITY          PIC X(8).
           05  PARTNER            PIC X(2).
           05  FLOW               PIC 9.
           05  FIGURES OCCURS 12 TIMES.
               10  VALUE-X        PIC S9(11) COMP-3.
               10  MASS           PIC 9(9)V999 COMP-3.
