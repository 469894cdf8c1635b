       01  LEVELS.
           02  A.
               03  B.
                   04  C          PIC X(2).
                   04  D.
                       07  E      PIC 9(3).
                       07  F      PIC S9(3) COMP-3.
           02  G                  PIC X.
