       01  HOUSEHOLD.
           05  REGION             PIC 9(3).
           05  DWELLING           PIC X(9).
           05  ROOMS              PIC 9(2).
           05  AREA-X             PIC 9(4)V9.
           05  MEMBER OCCURS 5 TIMES
                  ASCENDING KEY IS AGE INDEXED BY M-IX.
               10  AGE            PIC 9(3).
               10  SEX            PIC X.
               10  INCOME         PIC S9(7) COMP-3.
           05  WEIGHT             PIC 9(3)V9(6).
