       01  REDEFINED.
           05  KIND               PIC X.
           05  BODY               PIC X(8).
           05  BODY-DATE REDEFINES BODY.
               10  BODY-YEAR      PIC 9(4).
               10  BODY-MONTH     PIC 99.
               10  BODY-DAY       PIC 99.
           05  REST               PIC X(3).
