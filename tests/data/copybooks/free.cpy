01 free-form.
  05 id-x pic 9(6). *> a comment
  05 name-x pic x(12).
  05 share-x pic s9(3)v9(4)
     usage comp-3.
