       01  CONDITIONS.
           05  STATUS-X           PIC X.
               88  IS-OPEN        VALUE 'O'.
               88  IS-CLOSED      VALUES ARE 'C' 'X' THRU 'Z'.
           05  LEVEL-X            PIC 9(2).
               88  IS-HIGH        VALUE 50 THRU 99.
       66  BOTH RENAMES STATUS-X THRU LEVEL-X.
