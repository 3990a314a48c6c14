// The Makefile finds or installs a browser (scripts/find-browser.sh); the package's own download at install would fail offline.
module.exports = { skipDownload: true };
