       01  INHERITED.
           05  AMOUNTS COMP-3.
               10  NET            PIC S9(7)V99.
               10  TAX            PIC S9(5)V99.
           05  COUNTS BINARY.
               10  LINES-X        PIC 9(4).
               10  ERRORS-X       PIC 9(9).
           05  SIGNED-X SIGN LEADING SEPARATE.
               10  DELTA          PIC S9(4).
