       01  SCALING.
           05  THOUSANDS          PIC S9(4)PPP.
           05  MILLIONTHS         PIC SVPPP9(3).
           05  FRACTION           PIC V9(6).
           05  MIXED              PIC S9(3)V9(5).
