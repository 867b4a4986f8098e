/**
 * Which files are programs: by their names, and by their content.
 *
 * @module
 */

/**
 * Extensions of files that run something when they are opened: programs, scripts, installers, links, and disk images,
 * which Windows opens like folders.
 */
const PROGRAM_EXTENSIONS = new Set(
  `ade adp apk app application appref-ms appx appxbundle bat bgi cdxml chm cmd com cpl desktop diagcab diagcfg diagpkg dll
  dmg ex_ exe gadget hlp hpj hta img inf ins iso isp jar jnlp js jse library-ms lnk mad maf mag mam maq mar mas mat mau mav
  maw mcf mde mjs msc msh msh1 msh2 mshxml msi msix msixbundle msp mst msu nsh one pif pkg ps1 ps1xml ps2 ps2xml psc1 psc2
  psm1 pyc pyo pyw pyz pyzw py reg scf scr sct search-ms searchconnector-ms settingcontent-ms shb shs sys udl url vb vbe vbs
  vhd vhdx vsmacros vsw vxd website ws wsb wsc wsf wsh xbap xll xnk`.split(/\s+/),
);

/** Types, detected from content, of files that run something when they are opened. */
const PROGRAM_TYPES = new Set([
  "application/vnd.microsoft.portable-executable",
  "application/x-elf",
  "application/x-mach-binary",
  "application/java-vm",
  "application/java-archive",
  "application/x-ms-shortcut",
  "application/vnd.ms-htmlhelp",
  "application/vnd.efi.iso",
  "application/x-vhd",
  "application/x-vhdx",
]);

/** Extensions of files that people open without thinking. */
const HARMLESS_EXTENSIONS = new Set(
  `avi bmp csv doc docm docx eml gif htm html ics jpeg jpg key m4a mov mp3 mp4 msg numbers odp ods odt p7m pages pdf png ppt
  pptm pptx rtf svg tif tiff txt vcf wav webp xls xlsm xlsx xml zip`.split(/\s+/),
);

/** The extension that marks a name as a program's, without its dot; undefined if it is not one. */
export function programExtension(name: string): string | undefined {
  const extension = extensionsOf(name).at(-1);
  return extension !== undefined && PROGRAM_EXTENSIONS.has(extension) ? extension : undefined;
}

/** Whether content of this type is a program. */
export function isProgramType(type: string): boolean {
  return PROGRAM_TYPES.has(type);
}

/** Whether a name hides the extension of a program behind another one: `invoice.pdf.exe`, `invoice.pdf   .exe`. */
export function hasDoubleExtension(name: string): boolean {
  return programExtension(name) !== undefined &&
    extensionsOf(name).slice(0, -1).some((extension) => HARMLESS_EXTENSIONS.has(extension));
}

/** What follows the dots of a name, in lower case; white space around it does not count. */
function extensionsOf(name: string): string[] {
  return name.toLowerCase().split(".").slice(1).map((extension) => extension.trim());
}
