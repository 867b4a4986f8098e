/**
 * The colours of the pages, for light and dark themes.
 *
 * @module
 */

/** All text has a contrast of at least 4.5 to what it stands on. */
export const COLOURS = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --raised: #fff; --line: #dfe3e7; --faint: #eceff2; --missing: #e6e9ec; --edge: #8a949e; --underline: #a9c3e2;
  --text: #1b2127; --quiet: #59636e;
  --accept: #7da7d0; --reject: #c8372d; --tempfail: #d9952a; --discard: #8a63b3; --abort: #aeb6bf; --band: #cfdcea;
  --reject-text: #b3261e; --tempfail-text: #8a5600; --discard-text: #71489c; --accept-text: #245f9c;
  --link: #1d5fa8; --good: #23804a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121619; --raised: #191e23; --line: #2d353d; --faint: #222a31; --missing: #262d34; --edge: #6f7b87; --underline: #3d5d7e;
    --text: #e3e8ec; --quiet: #98a4b0;
    --accept: #4478ab; --reject: #e5584b; --tempfail: #d99a34; --discard: #a47fd0; --abort: #5d6772; --band: #2f4255;
    --reject-text: #ff8a7d; --tempfail-text: #ecb45a; --discard-text: #c3a3e8; --accept-text: #82b6ea;
    --link: #82b6ea; --good: #62c48a;
  }
}
`;
