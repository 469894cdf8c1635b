       01  PACKED-ALL.
           05  P-1                PIC S9 COMP-3.
           05  P-2                PIC S99 COMP-3.
           05  P-5V2              PIC S9(5)V99 PACKED-DECIMAL.
           05  P-U4               PIC 9(4) COMP-3.
           05  P-18               PIC S9(18) COMP-3.
           05  P-V4               PIC SV9(4) USAGE IS COMP-3.
