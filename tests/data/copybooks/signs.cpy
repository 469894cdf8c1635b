       01  SIGNS.
           05  S-TRAILING         PIC S9(5).
           05  S-LEADING          PIC S9(5) SIGN IS LEADING.
           05  S-TRAIL-SEP        PIC S9(5)
                                  SIGN TRAILING SEPARATE CHARACTER.
           05  S-LEAD-SEP         PIC S9(5)V9 LEADING SEPARATE.
           05  S-NONE             PIC 9(5).
