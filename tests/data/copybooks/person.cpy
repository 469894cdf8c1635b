       01  PERSON.
           05  PERSON-ID          PIC 9(8).
           05  NAME               PIC X(20).
           05  BIRTH-YEAR         PIC 9(4).
           05  INCOME             PIC S9(7)V99.
