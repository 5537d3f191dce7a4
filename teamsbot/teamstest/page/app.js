// The page is written next.
