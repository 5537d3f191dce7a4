// What Microsoft's own schemas say about manifests and their words in other
// languages: node check.cjs NODE_MODULES, with {name: {version, manifest,
// language}} at standard input, answers {name: [problem, …]}. Nothing is fetched.
const fs = require('node:fs');
const path = require('node:path');

const home = path.join(process.argv[2], '@microsoft', 'app-manifest');
const {AppManifestUtils} = require(home);
const Ajv = require(path.join(process.argv[2], 'ajv-draft-04'));
const addFormats = require(path.join(process.argv[2], 'ajv-formats'));

// The schemas of other languages' words have patterns that are no regular
// expressions, for parts that a bot does not have.
const usable = (patterns) => Object.fromEntries(Object.entries(patterns).filter(([p]) => /^\^(bots|composeExtensions|staticTabs)/.test(p)));

const read = (version, name) => {
  const schema = JSON.parse(fs.readFileSync(path.join(home, 'build', 'json-schemas', 'teams', 'v' + version, name), 'utf8'));
  return schema.patternProperties ? {...schema, patternProperties: usable(schema.patternProperties)} : schema;
};

// faults asks the package about the first of a version, and after that the validator
// that it would make anew each time, in seconds.
const known = {};
const faults = async (version, name, what) => {
  const place = version + ' ' + name;
  if (!known[place]) {
    const schema = read(version, name);
    known[place] = addFormats(new Ajv({allErrors: true, strictTypes: false}), ['uri', 'email', 'regex']).compile(schema);
    return AppManifestUtils.validateAgainstSchema(what, schema);
  }
  known[place](what);
  return (known[place].errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
};

(async () => {
  const found = {};
  for (const [name, {version, manifest, language}] of Object.entries(JSON.parse(fs.readFileSync(0, 'utf8')))) {
    found[name] = [
      ...await faults(version, 'MicrosoftTeams.schema.json', manifest),
      ...await faults(version, 'MicrosoftTeams.Localization.schema.json', language),
    ];
  }
  process.stdout.write(JSON.stringify(found));
})();
