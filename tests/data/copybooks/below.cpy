           05  NO-RECORD-ABOVE    PIC X(3).
           05  ONLY-FIELDS        PIC S9(5) COMP-3.
