       01  HEADER-REC.
           05  TYPE-X             PIC X.
           05  RUN-DATE           PIC 9(8).
       01  DETAIL-REC.
           05  TYPE-Y             PIC X.
           05  AMOUNT             PIC S9(6)V99.
