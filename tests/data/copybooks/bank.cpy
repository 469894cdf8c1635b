      * A BANK'S ACCOUNT
       01  ACCOUNT-REC.
           05  IBAN.
               10  COUNTRY        PIC A(2).
               10  CHECK-X        PIC 9(2).
               10  BBAN           PIC X(18).
           05  BALANCE            PIC S9(13)V99 COMP-3.
           05  LIMIT-X            PIC S9(9) COMP.
           05  RATE               PIC SV9(5) COMP-3.
           05  LAST-MOVE OCCURS 3 TIMES.
               10  MOVE-DATE      PIC 9(8) COMP-3.
               10  MOVE-AMOUNT    PIC S9(9)V99 COMP-3.
           05  FILLER             PIC X(7).
