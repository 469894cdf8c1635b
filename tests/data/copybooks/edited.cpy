       01  EDITED.
           05  E-PLAIN            PIC ZZ,ZZ9.99.
           05  E-SIGN             PIC -(6)9.99.
           05  E-STARS            PIC **,**9.
           05  E-CREDIT           PIC Z(5)9.99CR.
           05  E-DATE             PIC 99/99/9999.
