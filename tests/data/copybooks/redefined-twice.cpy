       01  PAYMENT.
           05  HOW                PIC X(2).
           05  DETAILS-X.
               10  CARD           PIC X(16).
           05  TRANSFER REDEFINES DETAILS-X.
               10  BANK           PIC 9(8).
               10  AMOUNT         PIC S9(9)V99 COMP-3.
           05  CASH REDEFINES DETAILS-X PIC 9(10).
           05  CURRENCY-X         PIC X(3).
