// The name server that a container runtime offers: it knows one name, and for every other one it says that there is none.
//
//   node dns.mjs ADDRESS NAME KNOWN-ADDRESS

import { createSocket } from 'node:dgram';

const [address, name, known] = process.argv.slice(2);
const A = 1;

// RFC 1035: a header of twelve bytes, the name as labels with their lengths, then the type and the class.
function question(message) {
  const labels = [];
  let at = 12;
  while (message[at] !== 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
    at += message[at] + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function answer(message) {
  const asked = question(message);
  const exists = asked.name === name;
  const addresses = exists && asked.type === A ? [known] : [];
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 2);
  // An answer, recursion available, and where the name does not exist, NXDOMAIN.
  header.writeUInt16BE(exists ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((found) =>
    Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...found.split('.').map(Number)]),
  );
  return Buffer.concat([header, message.subarray(12, asked.end), ...records]);
}

const socket = createSocket('udp4');
socket.on('message', (message, from) => socket.send(answer(message), from.port, from.address));
socket.bind(53, address, () => console.log('ready'));
