       01  WIDE.
           05  W-31               PIC S9(29)V99 COMP-3.
           05  W-31-Z             PIC S9(31).
           05  W-38               PIC 9(38).
