// Files that the bundlers of the Worker hand over as values.
declare module "*.mmdb" {
  const data: ArrayBuffer;
  export default data;
}
declare module "*.html" {
  const text: string;
  export default text;
}
