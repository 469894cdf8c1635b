000100 01  SEQUENCED.                                                   PERS0001
000200*    A COMMENT WITH A PERIOD. AND 'A QUOTE
000300     05  FIRST-X            PIC X(4).                             PERS0003
000400     05  SECOND-X           PIC 9(4)                              PERS0004
000500         COMP-3.                                                  PERS0005
000600/    A NEW PAGE
000700     05  THIRD-X            PIC X(2).                             PERS0007
