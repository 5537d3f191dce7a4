// What Microsoft's own library says to tokens: node check.cjs NODE_MODULES, with
// {app, openID, asked: {name: {header, activity}}} at standard input, answers
// {name: why it refuses, or "" if it does not}. It asks nobody but openID.
const fs = require('node:fs');
const path = require('node:path');

const {
  AuthenticationConfiguration, BotFrameworkAuthenticationFactory, PasswordServiceClientCredentialFactory,
} = require(path.join(process.argv[2], 'botframework-connector'));

console.error = () => {}; // the library quotes keys and tokens

(async () => {
  const {app, openID, asked} = JSON.parse(fs.readFileSync(0, 'utf8'));
  // As a bot in the public cloud has it, but for the address of the keys.
  const auth = BotFrameworkAuthenticationFactory.create(
    '', true, 'https://login.microsoftonline.com/botframework.com', 'https://api.botframework.com', 'https://api.botframework.com',
    'https://api.botframework.com', openID, openID, '', new PasswordServiceClientCredentialFactory(app, 'secret'),
    new AuthenticationConfiguration(), undefined, {},
  );
  const refused = {};
  for (const [name, {header, activity}] of Object.entries(asked)) {
    try {
      await auth.authenticateRequest(activity, header);
      refused[name] = '';
    } catch (e) {
      refused[name] = String(e.message || e).slice(0, 200) || 'refused';
    }
  }
  process.stdout.write(JSON.stringify(refused));
})();
