       01  CONTINUED.
           05  LONG-NAME-GOES-ON-IN-L
      -        INE                PIC X(4).
           05  TEXT-X             PIC X(6) VALUE 'IT''S.'.
           05  NUM-X              PIC S9(3) COMP-3 VALUE -12.
